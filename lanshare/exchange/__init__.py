"""One conversation over one link each: state machines without sleep or socket, driven by a Link or a simulation."""
