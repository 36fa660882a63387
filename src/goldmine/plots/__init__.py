"""Figures for the notebooks: functions take frames and give Matplotlib figures."""
