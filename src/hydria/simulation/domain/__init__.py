"""Pure computation of simulations: who used how much, how use answers to price, who gains and who loses."""
