<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis maxScale="0" styleCategories="Symbology|Fields|Forms|MapTips|Rendering" minScale="100000000" simplifyDrawingHints="1" simplifyMaxScale="1" simplifyDrawingTol="1" simplifyAlgorithm="0" version="3.22.16-Białowieża" simplifyLocal="1" symbologyReferenceScale="-1" hasScaleBasedVisibilityFlag="0">
  <renderer-v2 type="RuleRenderer" symbollevels="0" forceraster="0" enableorderby="0" referencescale="-1">
    <rules key="{92a57656-da0e-4feb-8033-53a259b7fc54}">
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; &lt; 0.3" key="{372b3be5-22aa-420f-bc83-8df2f0f40222}" symbol="0" label="unreviewed, below 0.3"/>
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.3 AND &quot;prob_mean&quot; &lt; 0.5" key="{ea558527-e3b4-475a-b661-94e5334af293}" symbol="1" label="unreviewed, 0.3 to 0.5"/>
      <rule filter="coalesce(&quot;review_status&quot;, 'unreviewed') = 'unreviewed' AND &quot;prob_mean&quot; >= 0.5" key="{c27a6fa6-5af9-44ab-a1bf-a124ec343ba2}" symbol="2" label="unreviewed, 0.5 and more"/>
      <rule filter="&quot;review_status&quot; = 'accepted'" key="{c060f40d-0d29-46ea-b2a4-6c16cd62bb4f}" symbol="3" label="accepted"/>
      <rule filter="&quot;review_status&quot; = 'edited'" key="{0d81a4a1-a9ab-42a1-92bc-7d4aa3379639}" symbol="4" label="edited"/>
      <rule filter="&quot;review_status&quot; = 'rejected'" key="{f9d02027-1dee-473c-890a-9dd99a36a929}" symbol="5" label="rejected"/>
      <rule filter="ELSE" key="{bfb43f17-7a6c-4fec-9a25-3840b64ca710}" symbol="6" label="unknown"/>
    </rules>
    <symbols>
      <symbol type="fill" name="0" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="224,102,32,255"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,224,102,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="224,102,32,255" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="255,224,102,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" name="1" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="159,28,32,255"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,159,28,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="159,28,32,255" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="255,159,28,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" name="2" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="0,58,32,232"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="232,0,58,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="0,58,32,232" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="232,0,58,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" name="3" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="213,255,32,0"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="0,213,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="213,255,32,0" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="0,213,255,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" name="4" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="140,255,32,177"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="177,140,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="140,255,32,177" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="177,140,255,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" name="5" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="187,187,32,187"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="187,187,187,255"/>
            <Option type="QString" name="outline_style" value="dot"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="no"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="187,187,32,187" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="187,187,187,255" k="outline_color"/>
          <prop v="dot" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="no" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
      <symbol type="fill" name="6" alpha="1" force_rhr="0" clip_to_extent="1">
        <data_defined_properties>
          <Option type="Map">
            <Option type="QString" name="name" value=""/>
            <Option name="properties"/>
            <Option type="QString" name="type" value="collection"/>
          </Option>
        </data_defined_properties>
        <layer class="SimpleFill" locked="0" enabled="1" pass="0">
          <Option type="Map">
            <Option type="QString" name="border_width_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="color" value="255,255,32,255"/>
            <Option type="QString" name="joinstyle" value="bevel"/>
            <Option type="QString" name="offset" value="0,0"/>
            <Option type="QString" name="offset_map_unit_scale" value="3x:0,0,0,0,0,0"/>
            <Option type="QString" name="offset_unit" value="MM"/>
            <Option type="QString" name="outline_color" value="255,255,255,255"/>
            <Option type="QString" name="outline_style" value="solid"/>
            <Option type="QString" name="outline_width" value="0.4"/>
            <Option type="QString" name="outline_width_unit" value="MM"/>
            <Option type="QString" name="style" value="solid"/>
          </Option>
          <prop v="3x:0,0,0,0,0,0" k="border_width_map_unit_scale"/>
          <prop v="255,255,32,255" k="color"/>
          <prop v="bevel" k="joinstyle"/>
          <prop v="0,0" k="offset"/>
          <prop v="3x:0,0,0,0,0,0" k="offset_map_unit_scale"/>
          <prop v="MM" k="offset_unit"/>
          <prop v="255,255,255,255" k="outline_color"/>
          <prop v="solid" k="outline_style"/>
          <prop v="0.4" k="outline_width"/>
          <prop v="MM" k="outline_width_unit"/>
          <prop v="solid" k="style"/>
          <data_defined_properties>
            <Option type="Map">
              <Option type="QString" name="name" value=""/>
              <Option name="properties"/>
              <Option type="QString" name="type" value="collection"/>
            </Option>
          </data_defined_properties>
        </layer>
      </symbol>
    </symbols>
  </renderer-v2>
  <blendMode>0</blendMode>
  <featureBlendMode>0</featureBlendMode>
  <layerOpacity>1</layerOpacity>
  <fieldConfiguration>
    <field name="id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="area_m2" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="perimeter_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="length_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="width_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="elongation" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="compactness" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="pixel_count" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_mean" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_p10" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="prob_std" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="touches_edge" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="neighb_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="z_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="z_min" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="height_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="travel_m" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="h_l" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="reach_deg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="crown_lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="crown_lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="toe_lon" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="toe_lat" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="slope_mean" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="slope_max" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="aspect_deg" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="curvature" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model_version" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="model_sha" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="threshold" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="source" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="product_id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="pre_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="image_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="run_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="landslip" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="method" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="automatic" value="automatic"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="semi-automatic" value="semi-automatic"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="manual" value="manual"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="review_status" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unreviewed" value="unreviewed"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="accepted" value="accepted"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="edited" value="edited"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rejected" value="rejected"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="ls_type" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="fall" value="fall"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="topple" value="topple"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="slide" value="slide"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rotational slide" value="rotational slide"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="translational slide" value="translational slide"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="spread" value="spread"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="flow" value="flow"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="complex" value="complex"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="material" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rock" value="rock"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="debris" value="debris"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="earth" value="earth"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="activity" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="active" value="active"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="suspended" value="suspended"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="reactivated" value="reactivated"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="dormant" value="dormant"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="abandoned" value="abandoned"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="stabilised" value="stabilised"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="relict" value="relict"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="trigger" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="rainfall" value="rainfall"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="earthquake" value="earthquake"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="snowmelt" value="snowmelt"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="volcanic activity" value="volcanic activity"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="human activity" value="human activity"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="deforestation" value="deforestation"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="wildfire" value="wildfire"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="other natural cause" value="other natural cause"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unknown" value="unknown"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="confidence" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="possible" value="possible"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="probable" value="probable"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="likely" value="likely"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="confident" value="confident"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="high" value="high"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="conf_hint" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="possible" value="possible"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="probable" value="probable"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="likely" value="likely"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="confident" value="confident"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="high" value="high"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="event_date" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="notes" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option type="Map">
            <Option type="bool" name="IsMultiline" value="true"/>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="change" configurationFlags="None">
      <editWidget type="ValueMap">
        <config>
          <Option type="Map">
            <Option type="List" name="map">
              <Option type="Map">
                <Option type="QString" name="" value="{2839923C-8B7D-419E-B84B-CA2FE9B80EC7}"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="unchanged" value="unchanged"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="enlarged" value="enlarged"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="reactivated" value="reactivated"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="new" value="new"/>
              </Option>
              <Option type="Map">
                <Option type="QString" name="no longer visible" value="no longer visible"/>
              </Option>
            </Option>
          </Option>
        </config>
      </editWidget>
    </field>
    <field name="survey" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="first_seen" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="last_seen" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_id" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="seen_m2" configurationFlags="None">
      <editWidget type="">
        <config>
          <Option/>
        </config>
      </editWidget>
    </field>
    <field name="history" configurationFlags="None">
      <editWidget type="TextEdit">
        <config>
          <Option type="Map">
            <Option type="bool" name="IsMultiline" value="true"/>
          </Option>
        </config>
      </editWidget>
    </field>
  </fieldConfiguration>
  <aliases>
    <alias name="Name" field="id" index="0"/>
    <alias name="Area (m²)" field="area_m2" index="1"/>
    <alias name="Perimeter (m)" field="perimeter_m" index="2"/>
    <alias name="Length down the slope (m)" field="length_m" index="3"/>
    <alias name="Width across the slope (m)" field="width_m" index="4"/>
    <alias name="Elongation" field="elongation" index="5"/>
    <alias name="Compactness" field="compactness" index="6"/>
    <alias name="Pixels" field="pixel_count" index="7"/>
    <alias name="Mean probability" field="prob_mean" index="8"/>
    <alias name="Highest probability" field="prob_max" index="9"/>
    <alias name="Lowest tenth of the probability" field="prob_p10" index="10"/>
    <alias name="Spread of the probability" field="prob_std" index="11"/>
    <alias name="Cut off at an edge" field="touches_edge" index="12"/>
    <alias name="Distance to the next one (m)" field="neighb_m" index="13"/>
    <alias name="Longitude (°)" field="lon" index="14"/>
    <alias name="Latitude (°)" field="lat" index="15"/>
    <alias name="Elevation of the crown (m)" field="z_max" index="16"/>
    <alias name="Elevation of the toe (m)" field="z_min" index="17"/>
    <alias name="Height H (m)" field="height_m" index="18"/>
    <alias name="Distance L (m)" field="travel_m" index="19"/>
    <alias name="H / L" field="h_l" index="20"/>
    <alias name="Reach angle (°)" field="reach_deg" index="21"/>
    <alias name="Longitude of the crown (°)" field="crown_lon" index="22"/>
    <alias name="Latitude of the crown (°)" field="crown_lat" index="23"/>
    <alias name="Longitude of the toe (°)" field="toe_lon" index="24"/>
    <alias name="Latitude of the toe (°)" field="toe_lat" index="25"/>
    <alias name="Mean slope (°)" field="slope_mean" index="26"/>
    <alias name="Steepest slope (°)" field="slope_max" index="27"/>
    <alias name="Aspect (°)" field="aspect_deg" index="28"/>
    <alias name="Mean curvature (1/m)" field="curvature" index="29"/>
    <alias name="Model" field="model" index="30"/>
    <alias name="Model version" field="model_version" index="31"/>
    <alias name="Model checksum" field="model_sha" index="32"/>
    <alias name="Threshold" field="threshold" index="33"/>
    <alias name="Stack" field="source" index="34"/>
    <alias name="Satellite product" field="product_id" index="35"/>
    <alias name="Image before" field="pre_date" index="36"/>
    <alias name="Image" field="image_date" index="37"/>
    <alias name="Date of detection" field="run_date" index="38"/>
    <alias name="Version of Landslip" field="landslip" index="39"/>
    <alias name="Method" field="method" index="40"/>
    <alias name="Review status" field="review_status" index="41"/>
    <alias name="Type of movement" field="ls_type" index="42"/>
    <alias name="Material" field="material" index="43"/>
    <alias name="Activity" field="activity" index="44"/>
    <alias name="Trigger" field="trigger" index="45"/>
    <alias name="Confidence" field="confidence" index="46"/>
    <alias name="Confidence that the probability suggests" field="conf_hint" index="47"/>
    <alias name="Date of the landslide" field="event_date" index="48"/>
    <alias name="Remarks" field="notes" index="49"/>
    <alias name="Change" field="change" index="50"/>
    <alias name="Last survey" field="survey" index="51"/>
    <alias name="First seen" field="first_seen" index="52"/>
    <alias name="Last seen" field="last_seen" index="53"/>
    <alias name="Ids in the last detection" field="seen_id" index="54"/>
    <alias name="Area in the last detection (m²)" field="seen_m2" index="55"/>
    <alias name="History" field="history" index="56"/>
  </aliases>
  <defaults>
    <default expression="" field="id" applyOnUpdate="0"/>
    <default expression="" field="area_m2" applyOnUpdate="0"/>
    <default expression="" field="perimeter_m" applyOnUpdate="0"/>
    <default expression="" field="length_m" applyOnUpdate="0"/>
    <default expression="" field="width_m" applyOnUpdate="0"/>
    <default expression="" field="elongation" applyOnUpdate="0"/>
    <default expression="" field="compactness" applyOnUpdate="0"/>
    <default expression="" field="pixel_count" applyOnUpdate="0"/>
    <default expression="" field="prob_mean" applyOnUpdate="0"/>
    <default expression="" field="prob_max" applyOnUpdate="0"/>
    <default expression="" field="prob_p10" applyOnUpdate="0"/>
    <default expression="" field="prob_std" applyOnUpdate="0"/>
    <default expression="" field="touches_edge" applyOnUpdate="0"/>
    <default expression="" field="neighb_m" applyOnUpdate="0"/>
    <default expression="" field="lon" applyOnUpdate="0"/>
    <default expression="" field="lat" applyOnUpdate="0"/>
    <default expression="" field="z_max" applyOnUpdate="0"/>
    <default expression="" field="z_min" applyOnUpdate="0"/>
    <default expression="" field="height_m" applyOnUpdate="0"/>
    <default expression="" field="travel_m" applyOnUpdate="0"/>
    <default expression="" field="h_l" applyOnUpdate="0"/>
    <default expression="" field="reach_deg" applyOnUpdate="0"/>
    <default expression="" field="crown_lon" applyOnUpdate="0"/>
    <default expression="" field="crown_lat" applyOnUpdate="0"/>
    <default expression="" field="toe_lon" applyOnUpdate="0"/>
    <default expression="" field="toe_lat" applyOnUpdate="0"/>
    <default expression="" field="slope_mean" applyOnUpdate="0"/>
    <default expression="" field="slope_max" applyOnUpdate="0"/>
    <default expression="" field="aspect_deg" applyOnUpdate="0"/>
    <default expression="" field="curvature" applyOnUpdate="0"/>
    <default expression="" field="model" applyOnUpdate="0"/>
    <default expression="" field="model_version" applyOnUpdate="0"/>
    <default expression="" field="model_sha" applyOnUpdate="0"/>
    <default expression="" field="threshold" applyOnUpdate="0"/>
    <default expression="" field="source" applyOnUpdate="0"/>
    <default expression="" field="product_id" applyOnUpdate="0"/>
    <default expression="" field="pre_date" applyOnUpdate="0"/>
    <default expression="" field="image_date" applyOnUpdate="0"/>
    <default expression="" field="run_date" applyOnUpdate="0"/>
    <default expression="" field="landslip" applyOnUpdate="0"/>
    <default expression="" field="method" applyOnUpdate="0"/>
    <default expression="" field="review_status" applyOnUpdate="0"/>
    <default expression="" field="ls_type" applyOnUpdate="0"/>
    <default expression="" field="material" applyOnUpdate="0"/>
    <default expression="" field="activity" applyOnUpdate="0"/>
    <default expression="" field="trigger" applyOnUpdate="0"/>
    <default expression="" field="confidence" applyOnUpdate="0"/>
    <default expression="" field="conf_hint" applyOnUpdate="0"/>
    <default expression="" field="event_date" applyOnUpdate="0"/>
    <default expression="" field="notes" applyOnUpdate="0"/>
    <default expression="" field="change" applyOnUpdate="0"/>
    <default expression="" field="survey" applyOnUpdate="0"/>
    <default expression="" field="first_seen" applyOnUpdate="0"/>
    <default expression="" field="last_seen" applyOnUpdate="0"/>
    <default expression="" field="seen_id" applyOnUpdate="0"/>
    <default expression="" field="seen_m2" applyOnUpdate="0"/>
    <default expression="" field="history" applyOnUpdate="0"/>
  </defaults>
  <constraints>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="id" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="area_m2" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="perimeter_m" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="length_m" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="width_m" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="elongation" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="compactness" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="pixel_count" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="prob_mean" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="prob_max" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="prob_p10" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="prob_std" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="touches_edge" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="neighb_m" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="lon" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="lat" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="z_max" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="z_min" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="height_m" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="travel_m" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="h_l" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="reach_deg" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="crown_lon" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="crown_lat" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="toe_lon" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="toe_lat" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="slope_mean" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="slope_max" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="aspect_deg" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="curvature" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="model" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="model_version" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="model_sha" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="threshold" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="source" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="product_id" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="pre_date" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="image_date" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="run_date" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="landslip" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="method" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="review_status" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="ls_type" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="material" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="activity" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="trigger" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="confidence" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="conf_hint" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="event_date" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="notes" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="change" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="survey" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="first_seen" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="last_seen" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="seen_id" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="seen_m2" exp_strength="0"/>
    <constraint constraints="0" unique_strength="0" notnull_strength="0" field="history" exp_strength="0"/>
  </constraints>
  <constraintExpressions>
    <constraint exp="" desc="" field="id"/>
    <constraint exp="" desc="" field="area_m2"/>
    <constraint exp="" desc="" field="perimeter_m"/>
    <constraint exp="" desc="" field="length_m"/>
    <constraint exp="" desc="" field="width_m"/>
    <constraint exp="" desc="" field="elongation"/>
    <constraint exp="" desc="" field="compactness"/>
    <constraint exp="" desc="" field="pixel_count"/>
    <constraint exp="" desc="" field="prob_mean"/>
    <constraint exp="" desc="" field="prob_max"/>
    <constraint exp="" desc="" field="prob_p10"/>
    <constraint exp="" desc="" field="prob_std"/>
    <constraint exp="" desc="" field="touches_edge"/>
    <constraint exp="" desc="" field="neighb_m"/>
    <constraint exp="" desc="" field="lon"/>
    <constraint exp="" desc="" field="lat"/>
    <constraint exp="" desc="" field="z_max"/>
    <constraint exp="" desc="" field="z_min"/>
    <constraint exp="" desc="" field="height_m"/>
    <constraint exp="" desc="" field="travel_m"/>
    <constraint exp="" desc="" field="h_l"/>
    <constraint exp="" desc="" field="reach_deg"/>
    <constraint exp="" desc="" field="crown_lon"/>
    <constraint exp="" desc="" field="crown_lat"/>
    <constraint exp="" desc="" field="toe_lon"/>
    <constraint exp="" desc="" field="toe_lat"/>
    <constraint exp="" desc="" field="slope_mean"/>
    <constraint exp="" desc="" field="slope_max"/>
    <constraint exp="" desc="" field="aspect_deg"/>
    <constraint exp="" desc="" field="curvature"/>
    <constraint exp="" desc="" field="model"/>
    <constraint exp="" desc="" field="model_version"/>
    <constraint exp="" desc="" field="model_sha"/>
    <constraint exp="" desc="" field="threshold"/>
    <constraint exp="" desc="" field="source"/>
    <constraint exp="" desc="" field="product_id"/>
    <constraint exp="" desc="" field="pre_date"/>
    <constraint exp="" desc="" field="image_date"/>
    <constraint exp="" desc="" field="run_date"/>
    <constraint exp="" desc="" field="landslip"/>
    <constraint exp="" desc="" field="method"/>
    <constraint exp="" desc="" field="review_status"/>
    <constraint exp="" desc="" field="ls_type"/>
    <constraint exp="" desc="" field="material"/>
    <constraint exp="" desc="" field="activity"/>
    <constraint exp="" desc="" field="trigger"/>
    <constraint exp="" desc="" field="confidence"/>
    <constraint exp="" desc="" field="conf_hint"/>
    <constraint exp="" desc="" field="event_date"/>
    <constraint exp="" desc="" field="notes"/>
    <constraint exp="" desc="" field="change"/>
    <constraint exp="" desc="" field="survey"/>
    <constraint exp="" desc="" field="first_seen"/>
    <constraint exp="" desc="" field="last_seen"/>
    <constraint exp="" desc="" field="seen_id"/>
    <constraint exp="" desc="" field="seen_m2"/>
    <constraint exp="" desc="" field="history"/>
  </constraintExpressions>
  <expressionfields/>
  <editform tolerant="1"></editform>
  <editforminit/>
  <editforminitcodesource>0</editforminitcodesource>
  <editforminitfilepath></editforminitfilepath>
  <editforminitcode><![CDATA[]]></editforminitcode>
  <featformsuppress>0</featformsuppress>
  <editorlayout>tablayout</editorlayout>
  <attributeEditorForm>
    <attributeEditorContainer name="Review" showLabel="1" groupBox="0" columnCount="2" visibilityExpression="" visibilityExpressionEnabled="0">
      <attributeEditorField name="method" showLabel="1" index="40"/>
      <attributeEditorField name="review_status" showLabel="1" index="41"/>
      <attributeEditorField name="ls_type" showLabel="1" index="42"/>
      <attributeEditorField name="material" showLabel="1" index="43"/>
      <attributeEditorField name="activity" showLabel="1" index="44"/>
      <attributeEditorField name="trigger" showLabel="1" index="45"/>
      <attributeEditorField name="confidence" showLabel="1" index="46"/>
      <attributeEditorField name="event_date" showLabel="1" index="48"/>
      <attributeEditorField name="notes" showLabel="1" index="49"/>
    </attributeEditorContainer>
    <attributeEditorContainer name="Size and place" showLabel="1" groupBox="0" columnCount="2" visibilityExpression="" visibilityExpressionEnabled="0">
      <attributeEditorField name="id" showLabel="1" index="0"/>
      <attributeEditorField name="area_m2" showLabel="1" index="1"/>
      <attributeEditorField name="perimeter_m" showLabel="1" index="2"/>
      <attributeEditorField name="compactness" showLabel="1" index="6"/>
      <attributeEditorField name="pixel_count" showLabel="1" index="7"/>
      <attributeEditorField name="touches_edge" showLabel="1" index="12"/>
      <attributeEditorField name="neighb_m" showLabel="1" index="13"/>
      <attributeEditorField name="lon" showLabel="1" index="14"/>
      <attributeEditorField name="lat" showLabel="1" index="15"/>
    </attributeEditorContainer>
    <attributeEditorContainer name="Probability" showLabel="1" groupBox="0" columnCount="2" visibilityExpression="" visibilityExpressionEnabled="0">
      <attributeEditorField name="prob_mean" showLabel="1" index="8"/>
      <attributeEditorField name="prob_max" showLabel="1" index="9"/>
      <attributeEditorField name="prob_p10" showLabel="1" index="10"/>
      <attributeEditorField name="prob_std" showLabel="1" index="11"/>
      <attributeEditorField name="conf_hint" showLabel="1" index="47"/>
    </attributeEditorContainer>
    <attributeEditorContainer name="Terrain" showLabel="1" groupBox="0" columnCount="2" visibilityExpression="" visibilityExpressionEnabled="0">
      <attributeEditorField name="length_m" showLabel="1" index="3"/>
      <attributeEditorField name="width_m" showLabel="1" index="4"/>
      <attributeEditorField name="elongation" showLabel="1" index="5"/>
      <attributeEditorField name="z_max" showLabel="1" index="16"/>
      <attributeEditorField name="z_min" showLabel="1" index="17"/>
      <attributeEditorField name="height_m" showLabel="1" index="18"/>
      <attributeEditorField name="travel_m" showLabel="1" index="19"/>
      <attributeEditorField name="h_l" showLabel="1" index="20"/>
      <attributeEditorField name="reach_deg" showLabel="1" index="21"/>
      <attributeEditorField name="crown_lon" showLabel="1" index="22"/>
      <attributeEditorField name="crown_lat" showLabel="1" index="23"/>
      <attributeEditorField name="toe_lon" showLabel="1" index="24"/>
      <attributeEditorField name="toe_lat" showLabel="1" index="25"/>
      <attributeEditorField name="slope_mean" showLabel="1" index="26"/>
      <attributeEditorField name="slope_max" showLabel="1" index="27"/>
      <attributeEditorField name="aspect_deg" showLabel="1" index="28"/>
      <attributeEditorField name="curvature" showLabel="1" index="29"/>
    </attributeEditorContainer>
    <attributeEditorContainer name="History" showLabel="1" groupBox="0" columnCount="2" visibilityExpression="" visibilityExpressionEnabled="0">
      <attributeEditorField name="change" showLabel="1" index="50"/>
      <attributeEditorField name="survey" showLabel="1" index="51"/>
      <attributeEditorField name="first_seen" showLabel="1" index="52"/>
      <attributeEditorField name="last_seen" showLabel="1" index="53"/>
      <attributeEditorField name="seen_id" showLabel="1" index="54"/>
      <attributeEditorField name="seen_m2" showLabel="1" index="55"/>
      <attributeEditorField name="history" showLabel="1" index="56"/>
    </attributeEditorContainer>
    <attributeEditorContainer name="Where it comes from" showLabel="1" groupBox="0" columnCount="2" visibilityExpression="" visibilityExpressionEnabled="0">
      <attributeEditorField name="model" showLabel="1" index="30"/>
      <attributeEditorField name="model_version" showLabel="1" index="31"/>
      <attributeEditorField name="model_sha" showLabel="1" index="32"/>
      <attributeEditorField name="threshold" showLabel="1" index="33"/>
      <attributeEditorField name="source" showLabel="1" index="34"/>
      <attributeEditorField name="product_id" showLabel="1" index="35"/>
      <attributeEditorField name="pre_date" showLabel="1" index="36"/>
      <attributeEditorField name="image_date" showLabel="1" index="37"/>
      <attributeEditorField name="run_date" showLabel="1" index="38"/>
      <attributeEditorField name="landslip" showLabel="1" index="39"/>
    </attributeEditorContainer>
  </attributeEditorForm>
  <editable>
    <field name="activity" editable="1"/>
    <field name="area_m2" editable="0"/>
    <field name="aspect_deg" editable="0"/>
    <field name="change" editable="0"/>
    <field name="compactness" editable="0"/>
    <field name="conf_hint" editable="0"/>
    <field name="confidence" editable="1"/>
    <field name="crown_lat" editable="0"/>
    <field name="crown_lon" editable="0"/>
    <field name="curvature" editable="0"/>
    <field name="elongation" editable="0"/>
    <field name="event_date" editable="1"/>
    <field name="first_seen" editable="0"/>
    <field name="h_l" editable="0"/>
    <field name="height_m" editable="0"/>
    <field name="history" editable="0"/>
    <field name="id" editable="0"/>
    <field name="image_date" editable="0"/>
    <field name="landslip" editable="0"/>
    <field name="last_seen" editable="0"/>
    <field name="lat" editable="0"/>
    <field name="length_m" editable="0"/>
    <field name="lon" editable="0"/>
    <field name="ls_type" editable="1"/>
    <field name="material" editable="1"/>
    <field name="method" editable="1"/>
    <field name="model" editable="0"/>
    <field name="model_sha" editable="0"/>
    <field name="model_version" editable="0"/>
    <field name="neighb_m" editable="0"/>
    <field name="notes" editable="1"/>
    <field name="perimeter_m" editable="0"/>
    <field name="pixel_count" editable="0"/>
    <field name="pre_date" editable="0"/>
    <field name="prob_max" editable="0"/>
    <field name="prob_mean" editable="0"/>
    <field name="prob_p10" editable="0"/>
    <field name="prob_std" editable="0"/>
    <field name="product_id" editable="0"/>
    <field name="reach_deg" editable="0"/>
    <field name="review_status" editable="1"/>
    <field name="run_date" editable="0"/>
    <field name="seen_id" editable="0"/>
    <field name="seen_m2" editable="0"/>
    <field name="slope_max" editable="0"/>
    <field name="slope_mean" editable="0"/>
    <field name="source" editable="0"/>
    <field name="survey" editable="0"/>
    <field name="threshold" editable="0"/>
    <field name="toe_lat" editable="0"/>
    <field name="toe_lon" editable="0"/>
    <field name="touches_edge" editable="0"/>
    <field name="travel_m" editable="0"/>
    <field name="trigger" editable="1"/>
    <field name="width_m" editable="0"/>
    <field name="z_max" editable="0"/>
    <field name="z_min" editable="0"/>
  </editable>
  <labelOnTop/>
  <reuseLastValue/>
  <dataDefinedFieldProperties/>
  <widgets/>
  <mapTip>&lt;b>[% "id" %]&lt;/b> [% "review_status" %]&lt;br>
[% eval('landslip_chip()') %]
[% format_number("area_m2", 0) %] m²[% coalesce(', mean probability ' || round("prob_mean", 2), '')
%][% coalesce(', slope ' || round("slope_mean") || '°', '') %]</mapTip>
  <layerGeometryType>2</layerGeometryType>
</qgis>
