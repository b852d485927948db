"""Data planes: requests and copies played on arrays; `reference` is the readable one."""
