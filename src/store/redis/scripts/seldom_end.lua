return swept, record
end
