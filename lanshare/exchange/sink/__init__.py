"""The side of a data link that receives: no more than was accepted, verified and durable before it is confirmed."""
