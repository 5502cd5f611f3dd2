"""Codes of texts by the Python package `tokenizers`, for tests/cases/found/tokens_*.dln: run in this folder, it writes the files
that those cases read. (pip install tokenizers)"""

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

TEXTS = [
    "The sea is blue, and the sky is blue.",
    "The sea was green; it's been grey since 1998!",
    "Blue skies, green seas, grey days...",
    "¿Dónde está el mar? El mar está aquí, azul y gris.",
    "El cielo es azul, y el mar es azul.",
    "  two blanks,\ta tab and   three more ",
    "naïve café — “quoted” 中文 🙂",
    "seas skies days seas skies days",
]
PAIRS = [
    ("The sea is blue.", "El mar es azul."),
    ("The sky is grey and the sea is green.", "El cielo es gris y el mar es verde."),
    ("It's 1998!", "¡Es 1998!"),
]
HERE = Path(__file__).parent
TO = HERE.parent / "cases/found/data"


def bytes_of(size, special, texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def words_of(size, special, texts):
    tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.train_from_iterator(
        texts, trainers.WordLevelTrainer(vocab_size=size, special_tokens=special, show_progress=False))
    return tokenizer


def around(tokenizer, begin, end):
    tokens = [(text, tokenizer.token_to_id(text)) for text in (begin, end)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{begin} $A {end}", special_tokens=tokens)
    return tokenizer


def word_pieces(texts):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(vocab_size=120, special_tokens=special, show_progress=False))
    return around(tokenizer, "[CLS]", "[SEP]")


def llama(texts):
    """As Llama 3 splits: a pattern of its own in front of the bytes."""
    tokenizer = bytes_of(300, [], texts)
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    from tokenizers import Regex
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.add_special_tokens([AddedToken("<|begin_of_text|>", special=True)])
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", begin)])
    return tokenizer


def write(name, tokenizer, texts):
    rows = [{"x": text, "y": tokenizer.encode(text).ids} for text in texts]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (TO / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


write("tokens_bytes", bytes_of(300, ["<pad>"], TEXTS), TEXTS)
write("tokens_around", around(bytes_of(290, ["<pad>", "<s>", "</s>"], TEXTS), "<s>", "</s>"), TEXTS)
write("tokens_words", words_of(24, ["<pad>", "<unk>"], TEXTS), TEXTS)

both = around(bytes_of(280, ["<pad>", "<s>", "</s>"], [text for column in zip(*PAIRS) for text in column]), "<s>", "</s>")
rows = [dict(x=x, y=y, a=both.encode(x).ids, b=both.encode(y).ids) for x, y in PAIRS]
(TO / "tokens_pairs.jsonl").write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n")
fields = [[x, y, " ".join(map(str, both.encode(x).ids)), " ".join(map(str, both.encode(y).ids))] for x, y in PAIRS]
(TO / "tokens_pairs.tsv").write_text("".join("\t".join(row) + "\n" for row in [["x", "y", "a", "b"], *fields]))

for name, tokenizer in [("wordpiece", word_pieces(TEXTS)), ("llama", llama(TEXTS))]:
    (TO / f"{name}.json").write_text(tokenizer.to_str() + "\n")
    write(f"tokens_{name}", tokenizer, TEXTS)

two = bytes_of(280, ["<|endoftext|>"], TEXTS)
(TO / "gpt2").mkdir(exist_ok=True)
two.model.save(str(TO / "gpt2"))
write("tokens_gpt2", two, [*TEXTS, "an end<|endoftext|>and more"])
