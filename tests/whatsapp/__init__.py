"""Tests of the ways to reach WhatsApp."""
