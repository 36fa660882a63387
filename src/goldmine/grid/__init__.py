"""The grid: one grid and one visitor for every customer, visits, routes, cards and credit by village."""
