#!/usr/bin/env bash
# The small stored studies: the same definitions as the full ones, as much of each as two CPU cores do in a quarter of an hour.
# They show what a study leaves and how its tables are read, and nothing about the methods: four updates decide nothing.
# usage: notebooks/studies/short.sh [STUDY…]        (from the repository's root, after npm start; runs what is missing)
set -eu
short=(--slots 1 --set iterations=8 --set evaluateEvery=4 --set tuning.batch=4 --set tuning.learningRate=5e-5
  --set tuning.warmup=4 --set tuning.average=0.5 --set sampling.steps=5)
# Evaluations as JSON: of so many captions, drawn once.
ddim='"sampler":"ddim","guidance":2' dpms='"sampler":"dpm-solver","guidance":2,"steps":5'
for study in "${@:-table-3 table-2 sweep-lambda-k fig-5}"; do
  for name in $study; do
    case $name in
      table-2) npx adt study run table-2 "${short[@]}" --seeds 2 \
        --set "evaluations={\"ddim\":{$ddim,\"steps\":5,\"captions\":13},\"dpms\":{$dpms,\"captions\":13}}" ;;
      fig-5) npx adt study run fig-5 "${short[@]}" --seeds 2 --set "evaluations={\"ddim\":{$ddim,\"steps\":5,\"captions\":12}$(
        for steps in 5 10 50 100; do echo ",\"ddim-$steps-steps\":{$ddim,\"steps\":$steps,\"captions\":12}"; done
        for guidance in 1 3 5 7; do
          echo ",\"ddim-guidance-$guidance\":{\"sampler\":\"ddim\",\"steps\":5,\"guidance\":$guidance,\"captions\":12}"
        done)}" ;;
      # Eight steps, or K could not be 8; and larger steps, for two updates to show.
      sweep-lambda-k) npx adt study run sweep-lambda-k "${short[@]}" --slots 2 --seeds 1 --set iterations=4 --set evaluateEvery=1 \
        --set tuning.batch=2 --set tuning.learningRate=2e-4 --set tuning.warmup=0 --set sampling.steps=8 \
        --set "evaluations={\"ddim\":{$ddim,\"steps\":5,\"captions\":8}}" ;;
      *) npx adt study run "$name" "${short[@]}" --seeds 2 --set "evaluations={\"ddim\":{$ddim,\"steps\":5,\"captions\":20}}" ;;
    esac
  done
done
