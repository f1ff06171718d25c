"""What is received: hidden and numbered until it is verified and durable, then named without replacing anything."""
