"""Real mail servers, each with a configuration of its own under the scratch directory."""
