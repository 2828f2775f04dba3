"""The lab: real mail software on both sides of a device that rewrites it, recorded on both sides of the device."""
