#!/usr/bin/env bash
# The stored studies on this machine's GPUs, in the order of what they are worth, for as long as there is time. What is cut
# short has a checkpoint; run again, with the same SETTINGS, it goes on. At the end all figures are packed, without weights.
# usage: notebooks/studies/full.sh MINUTES TRIALS_PER_GPU [STUDY…]
#   SETTINGS="iterations=1000 evaluateEvery=250" notebooks/studies/full.sh 9 12 table-3     (from the repository's root)
set -u
studies=${ADT_STUDIES:-notebooks/studies}
end=$((SECONDS + 60 * $1)) per_gpu=$2
shift 2
# Table 1 and the figures have no trials of their own beyond those of Tables 2 and 3.
[ $# -gt 0 ] || set -- table-3 table-2 table-1 table-a2 fig-3 fig-5 fig-a2 \
  equal-cost table-a3 table-a4 sweep-k few-steps sweep-adversarial-weight sweep-lambda-k longer-weight clipped longer
# The options of a study. `longer` is five times as long as the others, as it is defined, however long those are.
optionsOf() {
  options=(--scale emoji)
  for setting in ${SETTINGS:-}; do
    case $1,$setting in longer,iterations=* | longer,evaluateEvery=*) setting=${setting%%=*}=$((5 * ${setting#*=})) ;; esac
    options+=(--set "$setting")
  done
}
for study in "$@"; do
  optionsOf "$study"
  left=$((end - SECONDS))
  [ $left -gt 5 ] || break
  timeout --signal=INT --kill-after=60 $left node dist/cli/main.js study run "$study" "${options[@]}" --per-gpu "$per_gpu"
done
for study in "$@"; do
  optionsOf "$study"
  node dist/cli/main.js study show "$study" "${options[@]}"
done > "$studies/emoji.txt"
tar -czf "$studies/emoji.tgz" -C "$studies" --exclude=checkpoints --exclude=model --exclude=lock --exclude='*.tmp' emoji emoji.txt
ls -l "$studies/emoji.tgz"
