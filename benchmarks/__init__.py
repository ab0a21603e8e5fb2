"""What waconsole measures about itself: each goal beside a baseline from the same run (`make bench`)."""
