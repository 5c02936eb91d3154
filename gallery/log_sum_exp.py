"""The gradient of log-sum-exp is the softmax: three adjoints that add up to one."""

import graphgrad as gg

for theme in ("light", "dark"):
    gg.animate("z = log(exp(x1) + exp(x2) + exp(x3))", x1=1, x2=2, x3=3, theme=theme).save(f"log_sum_exp.{theme}.svg")
