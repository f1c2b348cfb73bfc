"""What only SE05x dumps have: UIDs, APDU responses, EdgeLock 2GO lists."""
