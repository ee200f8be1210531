"""The shipped regimens, drugs and sources: data without logic, installed as `dosing.regimens`; read it through `dosing.regimen.library`."""
