"""How Django's own pages write dates: as ours do. The settings of the same names give way to a language's formats."""
