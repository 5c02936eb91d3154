"""Cross-entropy from scores, of class 1: the gradient is softmax(s) minus one, for the right class alone."""

import graphgrad as gg

for theme in ("light", "dark"):
    film = gg.animate("S = exp(s1) + exp(s2) + exp(s3); L = log(S) - s1", s1=1, s2=2, s3=0.5, theme=theme)
    film.save(f"softmax_cross_entropy.{theme}.svg")
