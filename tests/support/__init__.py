"""What the tests stand on: servers, terminals, networks and texts that misbehave on demand."""
