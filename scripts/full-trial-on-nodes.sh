#!/usr/bin/env bash
# Three epochs of one trial of an experiment of core weeks, on a Slurm of two nodes on this machine, put back into the queue twice by
# USR2; then once more without Slurm, and compared to the last bit. Network, batch, optimizer and streams are those of the full
# profile; an epoch of 50,000 images takes more than ten minutes, so IMAGES of them stand in (2000, and a quarter as many to test).
# As root, behind `npm run build`; ARCHIVE is cifar-10-binary.tar.gz:
#   scripts/full-trial-on-nodes.sh ../shared/slurm/start-slurm.sh ARCHIVE FOLDER
set -euo pipefail
slurm=$1 archive=$2
folder=$(realpath -m "$3")
images=${IMAGES:-2000} trial=${TRIAL:-dlnpf-seed0}
source "$(dirname "$0")/nodes-and-here.sh"
export SLURM_LAB=$folder/slurm CTLD_PORT=${CTLD_PORT:-16957} NODES=2 CPUS=1
mkdir -p "$folder/data"

# a record is a label and 3,072 bytes of pixels
tar -xzf "$archive" -C "$folder/data"
head_of() { truncate --size="$((3073 * $2))" "$folder/data/cifar-10-batches-bin/$1"; }
for i in 1 2 3 4 5; do head_of "data_batch_$i.bin" "$((images / 5))"; done
head_of test_batch.bin "$((images / 4 < 10000 ? images / 4 : 10000))"

# what the whole takes is told of the whole data
plan() { gatewise reproduce gconv-cifar10-adam --profile full --plan "$@"; }
plan "$folder/full" --data-dir "$(dirname "$archive")"
one=(--regimes "${trial%-seed*}" --seeds 1 --epochs 3 --data-dir "$folder/data")
for name in nodes here; do plan "$folder/$name" "${one[@]}"; done
identity() { grep "\"training\",\"trial\":\"$trial\"" "$1/trials.jsonl" | grep -o '"identity":"[^"]*"'; }
[ "$(identity "$folder/full")" = "$(identity "$folder/nodes")" ]
echo "$trial is one of the $(wc -l <"$folder/full/trials.jsonl") trials: $(identity "$folder/nodes")"

start_slurm
run=$folder/nodes/$trial
epochs() { cat "$run/metrics.jsonl" 2>/dev/null | wc -l; }
restarts() { scontrol --oneliner show job "$1" | grep -o 'Restarts=[0-9]*' | cut -d= -f2; }
start=$SECONDS
job=$(gatewise sweep submit "$folder/nodes" --on slurm --json | grep -o '"job":"[0-9]*"' | grep -o '[0-9]*')
for time in 1 2; do
  until [ "$(epochs)" -ge "$time" ]; do sleep 0.2; done
  sleep "${INTO:-5}"
  # of all images, Slurm itself says between these that the time is up
  before=$(restarts "${job}_0")
  scancel --batch --signal=USR2 "${job}_0"
  until [ "$(restarts "${job}_0")" -gt "$before" ]; do sleep 0.2; done
  echo "its time was up for the ${time}. time, $(epochs) epochs done"
done
end_of_queue
echo "on nodes, $(($(restarts "${job}_0") + 1)) starts: $((SECONDS - start)) s"
same_here 1
for file in last best; do cmp "$folder"/{nodes,here}/"$trial/$file.safetensors"; done
echo "$(epochs) epochs: the same parameters"
