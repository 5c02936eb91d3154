"""Plots: functions of one number and their derivatives, sampled and drawn."""
