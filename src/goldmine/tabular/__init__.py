"""Tables made elsewhere: brought in, checked, and laid out so that the house's own notebooks take them from there."""
