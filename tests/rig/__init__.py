"""The rig: the real engine under kills, stops, faults and clock jumps, and an independent judge of what it sent.

python -m tests.rig kill --kills 1000 --seed 7
python -m tests.rig failpoints
python -m tests.rig histories --count 10000
python -m tests.rig planted
"""
