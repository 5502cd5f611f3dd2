"""Steps of a program that is written for the purpose, timed by dln's step server, and what `dln summary` counts of it."""
import json
import pathlib
import statistics
import subprocess


class Program:
    """One text, run with so many threads."""

    def __init__(self, dln, folder, name, text, threads):
        self.dln, self.threads = str(dln), str(threads)
        self.path = pathlib.Path(folder) / f"{name}.dln"
        self.path.write_text(text)

    def seconds(self, rounds=5, length=0.2):
        """The median of some rounds: seconds a step."""
        command = [self.dln, "bench", "step-server", str(self.path), "--threads", self.threads]
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not server.stdout.readline():
            raise SystemExit(f"{self.path.stem} does not run")
        times = []
        for _ in range(rounds):
            server.stdin.write(f"go {length}\n")
            server.stdin.flush()
            told = json.loads(server.stdout.readline())
            times.append(told["seconds"] / told["steps"])
        server.communicate("quit\n")
        return statistics.median(times)

    def counted(self):
        """FLOPs of a step as it runs; bytes of parameters, of what optimizers keep, and of what layers give."""
        told = subprocess.run([self.dln, "summary", str(self.path), "--json"], capture_output=True, text=True, check=True)
        summary = json.loads(told.stdout.splitlines()[0])
        results = sum(row["bytes"] for row in summary["layers"] if row["depth"] == 0)
        return summary["flops"]["whole"], sum(summary["bytes"].values()) + results
