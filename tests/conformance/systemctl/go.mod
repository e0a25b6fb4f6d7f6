module systemctl

go 1.24.0
