"""What a front end may ask for. Permission, history and audit happen here, once for all."""
