"""What a person does and what the engine tells, each kind in one place: a controller turns the one into commands and
the other into what its part of the window shows. Which events it hears stands in its `HEARS`."""
