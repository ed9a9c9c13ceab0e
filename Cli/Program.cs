using Iommu.Cli;

return await IommuCommand.RunAsync(args, Terminal.Standard());
