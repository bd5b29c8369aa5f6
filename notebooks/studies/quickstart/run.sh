#!/usr/bin/env bash
# The quick start's stored study, from the shipped base: ADT and plain finetuning (FT), three seeds each, equal numbers of
# generator updates (ADT updates its generator every second iteration), then every model measured on held-out names.
# usage: notebooks/studies/quickstart/run.sh FOLDER UPDATES        (from the repository's root, after npm start)
set -u
export ADT_JIT=graph # six runs of a few minutes each: not worth XLA's compiling
folder=$1 updates=$2
common=(--data fluent --sampler ddim --steps 10 --batch 20 --learning-rate 5e-5 --checkpoint-every 1000000
  --prompt "bear" --prompt "birthday cake" --prompt "green apple" --prompt "grinning cat"
  --prompt "motor scooter" --prompt "pineapple" --prompt "snowman" --prompt "volcano")
mkdir -p "$folder"
for seed in 0 1 2; do
  npx adt tune --method adt --K 3 --lambda 0.5 --H 2 --iterations $((2 * updates)) --samples-every $((updates / 4)) \
    --seed $seed --run "$folder/adt-$seed" "${common[@]}" > "$folder/adt-$seed.log" 2>&1 &
  npx adt tune --method ft --iterations "$updates" --samples-every $((updates / 8)) \
    --seed $seed --run "$folder/ft-$seed" "${common[@]}" > "$folder/ft-$seed.log" 2>&1 &
done
wait
models=(base)
for seed in 0 1 2; do models+=("ft-$seed" "adt-$seed"); done
for model in "${models[@]}"; do
  path=$folder/$model/model
  [ "$model" = base ] && path=emoji
  for steps in 5 10 20 50; do
    npx adt evaluate --model "$path" --data fluent --split test --sampler ddim --steps $steps --seeds 3 --batch 52 --json \
      --images "$folder/$model-$steps.png" > "$folder/$model-$steps.json" 2> "$folder/$model-$steps.err"
  done &
done
wait
