def refused(t, d): return []
