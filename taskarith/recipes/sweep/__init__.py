"""A sweep: every task along one vector's λ, over a range and in as many points as one likes."""
