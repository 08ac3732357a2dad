"""What every room of khabar shares: errors, records, text I/O, settings, the model store and the engines."""
