"""Model weights: what there is (`manifest`), what is here (`folder`), where more comes from (`sources`), getting it (`pull`)."""
