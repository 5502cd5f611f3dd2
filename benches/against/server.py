"""What every side of `compare.py` answers: lines in, lines out."""
import json
import resource
import sys
import time


def serve(step, parameters):
    """Warms up; says that it is ready; then `go SECONDS` runs steps, and `quit` ends."""
    for _ in range(3):
        step()
    say(ready=True, units=1, parameters=parameters)
    for line in sys.stdin:
        if line.startswith("quit"):
            return say(peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        steps, start = 0, time.perf_counter()
        limit = float(line.split()[1])
        while steps == 0 or time.perf_counter() - start < limit:
            step()
            steps += 1
        say(steps=steps, seconds=time.perf_counter() - start)


def say(**words):
    print(json.dumps(words), flush=True)
