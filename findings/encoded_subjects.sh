#!/usr/bin/env bash
# Subjects that somebody else reads.
#
# Guess: a library that writes a mail's subject writes one that every reader decodes to the same text.
# Seen (lettre 0.11.23; read with CPython's email package): two blanks between words that are encoded are both lost, as is a
#        blank in front of the first; and text that looks like an encoded word (a customer who pastes a raw header) goes out as
#        it is, so that the reader sees what it decodes to. Names of people are encoded as a whole and are right. Encode a
#        subject as a whole, too, as soon as one of its words needs it or it holds "=?".
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir src
cat >Cargo.toml <<'TOML'
[package]
name = "look"
version = "0.1.0"
edition = "2024"

[dependencies]
lettre = { version = "=0.11.23", default-features = false, features = ["builder"] }

[workspace]
TOML
cat >src/main.rs <<'RUST'
use lettre::Message;

fn main() {
    for (number, subject) in std::fs::read_to_string("subjects").unwrap().lines().enumerate() {
        let letter = Message::builder()
            .from("a@example.com".parse().unwrap())
            .to("b@example.com".parse().unwrap())
            .subject(subject)
            .body("text".to_owned())
            .unwrap();
        std::fs::write(format!("{number}.eml"), letter.formatted()).unwrap();
    }
}
RUST
cat >look.py <<'PY'
import sys
from email import message_from_bytes, policy

SUBJECTS = ["会员  积分", " 积分", "points =?utf-8?b?5L2g?=", "会员积分到期提醒" * 10]
READ = ["会员积分", "积分", "points 你", "会员积分到期提醒" * 10]
if sys.argv[1] == "write":
    with open("subjects", "w", encoding="utf-8") as file:
        file.write("\n".join(SUBJECTS))
else:
    for number, (wrote, read) in enumerate(zip(SUBJECTS, READ)):
        with open(f"{number}.eml", "rb") as file:
            found = message_from_bytes(file.read(), policy=policy.default)["subject"]
        print(f"wrote {wrote!r}, read {str(found)!r}")
        assert str(found) == read
PY
python3 look.py write
CARGO_TARGET_DIR="$folder/target" cargo run --quiet
python3 look.py read
