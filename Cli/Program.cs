Console.WriteLine("iommu");
