"""Pure functions from recorded tables to what can be estimated from them. They never see the simulator."""
