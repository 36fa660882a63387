"""Tables made elsewhere: read, laid out as a use case, and learnt from by the same notebooks as a bank."""
