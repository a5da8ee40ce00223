"""Rules about Gateways, their routes, and the policies that extend them."""
