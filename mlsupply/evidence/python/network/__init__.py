"""What leaves the machine or lets others in: requests, clients, servers, tunnels, and whose an address or a key is."""
