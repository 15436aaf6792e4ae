#!/usr/bin/env bash
# Amounts in Chinese capitals that anybody can lengthen.
#
# Guess: libraries for 大写金额 keep the People's Bank's rules for bills (整 must close an amount that ends with 元), and
#        an amount has one spelling, however many decimals it was written with and whichever library writes it.
# Seen (nzh 1.0.14, cn2an 0.5.23): nzh closes 1005 with 整, and leaves "1005.00" open: 壹仟零伍元. Two decimals are how
#        amounts are usually passed on (toFixed(2), decimals of a database), so just these contracts and receipts stand open:
#        叁角 can be added behind. 角 is left open by both. And 107 000.53, an example of the rules, is 壹拾万柒仟元伍角叁分
#        with nzh, without the 零 of both of the rules' spellings, and 壹拾万零柒仟元伍角叁分, one of the two, with cn2an. 零 may
#        be left out there, so comparing capitals as texts proves nothing: read them back as numbers.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm --silent init -y >npm.log
npm --silent install nzh@1.0.14
cat >look.js <<'JS'
const { cn } = require("nzh");
const assert = require("node:assert");
const written = (text) => cn.toMoney(text, { outSymbol: false });
const wanted = { 1005: "壹仟零伍元整", "1005.00": "壹仟零伍元", 110.5: "壹佰壹拾元伍角", 107000.53: "壹拾万柒仟元伍角叁分" };
for (const [text, capitals] of Object.entries(wanted)) {
  console.log(`nzh ${text}: ${written(text)}`);
  assert.equal(written(text), capitals);
}
assert.equal(written((1005).toFixed(2)), "壹仟零伍元");
JS
node look.js
python3 -m venv v
v/bin/pip -q install cn2an==0.5.23
cat >look.py <<'PY'
from cn2an import an2cn

WANTED = {"1005": "壹仟零伍元整", "1005.00": "壹仟零伍元整", "110.50": "壹佰壹拾元伍角", "107000.53": "壹拾万零柒仟元伍角叁分"}
for text, capitals in WANTED.items():
    print(f"cn2an {text}: {an2cn(text, 'rmb')}")
    assert an2cn(text, "rmb") == capitals
PY
v/bin/python look.py
