"""Sound: log-mel energies and changes of speed by torchaudio, which only this file needs (`pip install --no-deps torchaudio`)."""

import torch

from tensors import randn


def audio(a):
    import torchaudio

    a.seed("audio")
    use = lambda *names: [f"std.audio: {', '.join(names)}"]
    x = randn(2, 200)
    for name, options, call in [
        ("log_mel on O'Shaughnessy's scale", dict(n_fft=64, hop_length=20, n_mels=6), "window: 64, hop: 20, mels: 6"),
        ("log_mel on Slaney's scale", dict(n_fft=64, hop_length=16, n_mels=5, mel_scale="slaney", norm="slaney"),
         "window: 64, hop: 16, mels: 5, slaney: true"),
        ("log_mel between frequencies", dict(n_fft=128, hop_length=30, n_mels=8, f_min=100.0, f_max=3000.0),
         "window: 128, hop: 30, mels: 8, low: 100.0, high: 3000.0"),
    ]:
        energy = torchaudio.transforms.MelSpectrogram(8000, **options)
        reference = lambda x, energy=energy: energy(x).clamp(min=1e-10).log().mT
        a.case(name, f"log_mel(x, 8000.0, {call})", reference, x=x.clone(), uses=use("log_mel"))
    a.case("preemphasis", "preemphasis(x, a: 0.9)", lambda x: torchaudio.functional.preemphasis(x, 0.9), x=x[:, :30].clone(),
           uses=use("preemphasis"))


AREAS = {"audio": audio}
