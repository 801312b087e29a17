"""What pages show of draws: the public ones, the desk's, and a rehearsal. docs/decisions/0006-draw.md"""
