"""What is installed in a container image: streamed layer by layer, nothing unpacked, nothing run, no daemon needed."""
