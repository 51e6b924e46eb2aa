"""What is seen and clicked. Widgets only; decides nothing about files or the network."""
