"""The world: control plane, lowering to what the planes read, and the choice of what is played."""
