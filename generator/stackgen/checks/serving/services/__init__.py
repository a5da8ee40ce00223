"""Rules about Services, their ports and the addresses that use them."""
