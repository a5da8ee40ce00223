"""Rules about Pods: containers, commands, probes, images and volumes."""
