"""Time drives the plan: plan ahead, fan out, claim, deliver, record."""
