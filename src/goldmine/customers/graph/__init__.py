"""The graph of customers: who is tied to whom, which communities they form, and whom they lead to."""
