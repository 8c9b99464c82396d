"""What a line is about, learnt from labelled texts: the last to be asked for a category.

`brands` and `features` say what of a text counts, `model` answers, `training` makes a model, `store` keeps
one per bank, `labels` and `labelled` read labelled data, `evaluation` measures. Nothing of scikit-learn is
imported but inside `training` and `evaluation`, which no web process does.
"""
